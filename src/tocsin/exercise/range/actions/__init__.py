"""What people, programs and machines do, and what it leaves in all of a member's streams together."""
