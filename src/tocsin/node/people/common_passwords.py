"""What people choose when they must choose a password: words, names, runs of keys.

The list is of words and not of whole passwords. `passwords.refusal` takes digits, signs and look-alikes off before it
compares, and adds up words, so each entry stands for thousands of passwords (`Welcome2024!`, `p4ssw0rd-1234`,
`summersummer`). Longer words cover shorter ones, so a word that only begins with an entry is not refused for it.
"""

_WORDS = """
password passwort passwd passw kennwort parola haslo heslo losenord salasana senha contrasena motdepasse
wachtwoord parole jelszo geslo lozinka sifre pass word pwd secret geheim admin administrator root user guest test
testing tester login logon signin default changeme change changed newpassword temp temporary welcome willkommen
bienvenue bienvenido witaj hello hallo bonjour hola ciao please letmein open sesame opensesame access master
super superman supervisor superuser system service server network security secure private computer laptop desktop
internet online website email mail account manager office office365 windows microsoft linux ubuntu debian apple
google facebook twitter instagram amazon oracle cisco router switch firewall backup database mysql postgres
redis elastic kibana wazuh suricata zeek splunk siem analyst incident alarm alert tocsin sensor monitor monitoring
cert csirt cyber defence defense government ministry minister police army military company corp corporate
enterprise business team staff employee student teacher school university college
spring summer autumn fall winter fruehling sommer herbst season january february march april june july august
september october november december januar februar maerz juni juli oktober dezember monday tuesday wednesday
thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag today tomorrow
morning evening night holiday birthday christmas easter newyear
love iloveyou loveyou loveme lover lovely sweet sweetheart honey baby babygirl darling angel princess prince queen
king kingdom beautiful pretty handsome happy smile sunshine rainbow flower butterfly star starlight heaven
forever always never nothing something anything whatever freedom peace hope faith trust believe lucky luck magic
dragon monkey tiger lion eagle falcon hawk wolf bear shark dolphin horse pony dog doggy puppy cat kitty kitten
bird panda rabbit bunny turtle snake spider scorpion phoenix unicorn buster
football soccer baseball basketball hockey tennis golf cricket rugby volleyball swimming fishing hunting racing
runner player gamer game games gaming minecraft fortnite pokemon pikachu naruto zelda mario sonic starwars
skywalker yoda jedi vader batman spiderman ironman wolverine matrix trinity hunter ranger ninja samurai warrior
soldier knight wizard merlin gandalf hobbit shadow killer assassin ghost zombie vampire devil demon
liverpool arsenal chelsea manchester united barcelona realmadrid juventus milan bayern dortmund ajax celtic
yankees cowboys lakers steelers eagles rangers red blue green yellow orange purple black white silver golden gold
pink brown grey london paris berlin madrid rome vienna prague warsaw lisbon athens dublin moscow amsterdam
brussels budapest stockholm helsinki oslo copenhagen zagreb belgrade sofia tirana york texas california america
england germany deutschland france italia espana polska europe
michael michelle jennifer jessica jordan thomas daniel david andrew anthony ashley matthew joshua robert
nicole nicolas charlie charles george william richard robin justin jason joseph john james jackson alexander
alexandra andrea andreas anna maria marie martin martina laura lisa sarah sabine stefan peter patrick patricia
oliver olivia sophie sophia victoria elizabeth samantha amanda barbara melissa chris christian christina claudia
carlos fernando francisco antonio giuseppe giovanni francesco marco mohammed ahmed fatima ivan natasha svetlana
dmitri sergei olga tatiana harley davidson ferrari porsche mercedes mustang corvette toyota honda yamaha
suzuki kawasaki ducati audi volkswagen chocolate cookie coffee cheese pepper ginger banana cherry apples
peanut pizza burger chicken bacon beer whiskey vodka guinness music guitar piano drums metallica slipknot nirvana
eminem beatles blink money dollar euro bitcoin rich million jesus christ jesuschrist god allah church bible
family mother mommy mummy mama father daddy papa sister brother grandma friend friends bestfriend children
qwerty qwertz azerty qwert asdf asdfgh yxcv zxcv zxcvbn wasd qazwsx qweasd qwe asd zxc abc abcd abcdef aaaa
correcthorsebatterystaple trustno trustnoone access granted enter entry return control delete insert
"""
COMMON = frozenset(_WORDS.split())
"""Words, in lower case."""

_ROWS = (
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn",
    "abcdefghijklmnopqrstuvwxyz", "1234567890-=", "0123456789", "1234567890qwertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "a1b2c3d4e5f6g7h8i9",
    "q1w2e3r4t5y6u7i8o9p0",
)  # fmt: skip
RUNS = tuple(row * 3 for row in _ROWS)
"""Keyboard rows, the alphabet and the digits, going round."""
