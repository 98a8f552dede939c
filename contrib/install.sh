#!/bin/sh
# Installs Tocsin from the bundle that this file is part of. Needs no network: Python with venv, openssl, sha256sum.
#
#   sh install.sh --key PUBLIC.pem           check the bundle, install it, keep the key for upgrades
#   sh install.sh --without-key              install without a signature; upgrades then need --key
#   sh install.sh --beside                   only put the version beside others (`tocsin node upgrade` does so)
#
# Options: --prefix DIR (default: /), --python PROGRAM (default: one that fits).
# Layout below the prefix: opt/tocsin/{versions/VERSION,current,trust}, usr/local/bin/tocsin, and the systemd unit
# where etc/systemd/system exists.
set -eu
umask 022
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX 2>/dev/null || :

say() { printf '%s\n' "$*" >&2; }
fail() { say "install.sh: $*"; exit 3; }
usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }

bundle=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix='' key='' without_key='' beside='' python=''
while [ $# -gt 0 ]; do
    case $1 in
    --key) [ $# -ge 2 ] || usage; key=$2; shift ;;
    --prefix) [ $# -ge 2 ] || usage; prefix=$2; shift ;;
    --python) [ $# -ge 2 ] || usage; python=$2; shift ;;
    --without-key) without_key=yes ;;
    --beside) beside=yes ;;
    *) usage ;;
    esac
    shift
done
[ -n "$beside$key$without_key" ] || usage
[ -z "$prefix" ] || prefix=$(mkdir -p "$prefix" && CDPATH='' cd -- "$prefix" && pwd)

# 1. The bundle is whole, and from whom it should be. An upgrade has checked that already, and more strictly.
if [ -z "$beside" ]; then
    if [ -n "$key" ]; then
        command -v openssl >/dev/null || fail "openssl is needed to check the signature; docs/install.md says how else"
        openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$bundle/SHA256SUMS" -sigfile "$bundle/SHA256SUMS.sig" \
            >/dev/null 2>&1 || fail "the bundle is not signed with $key, or was changed; nothing was installed"
    fi
    (cd "$bundle" && sha256sum --check --strict --quiet SHA256SUMS >&2) || fail "a file was changed; nothing was installed"
fi

# 2. A Python that the wheels are for: the one named, else the present version's, the usual one, those of the bundle.
root=${prefix%/}/opt/tocsin
fits() { # prints the bundle's version when this Python can take it
    "$1" -I - "$bundle/bundle.json" <<'PY'
import json, sys, sysconfig
told = json.load(open(sys.argv[1], encoding="utf-8"))
python, platform = "%d.%d" % sys.version_info[:2], sysconfig.get_platform()
if python not in told["pythons"] or platform != told["platform"]:
    pythons = " or ".join(told["pythons"])
    sys.exit("the bundle is for Python %s on %s, this is Python %s on %s" % (pythons, told["platform"], python, platform))
print(told["version"])
PY
}
if [ -z "$python" ]; then
    python=python3
    listed=$(sed -n 's/^ *"\(3\.[0-9]*\)",\{0,1\}$/python\1/p' "$bundle/bundle.json")
    for candidate in "$root/current/venv/bin/python" python3 $listed; do
        if fits "$candidate" >/dev/null 2>&1; then python=$candidate; break; fi
    done
fi
described=$(fits "$python") || fail "not for this machine; name another Python with --python, or take another bundle"
case $described in '' | .* | *[!0-9.]*) fail "bundle.json has no version like 1.2.3" ;; esac

version=$root/versions/$described
if [ -z "$beside" ] && [ -L "$root/current" ]; then
    fail "Tocsin is installed already at $root; use: tocsin node upgrade $bundle"
fi

[ "$(readlink "$root/current" 2>/dev/null)" != "versions/$described" ] || fail "Tocsin $described is the one that counts"
command=${prefix%/}/usr/local/bin/tocsin unit=${prefix%/}/etc/systemd/system/tocsin.service
for link in "$command" "$unit"; do
    if [ -n "$beside" ] || [ -L "$link" ] || [ ! -e "$link" ]; then continue; fi
    fail "$link is there and not ours; move it away first"
done

# 3. The version in a folder of its own; `complete` says that it is whole.
rm -rf "$version"
mkdir -p "$version"
trap 'code=$?; [ $code -eq 0 ] || rm -rf "$version"' EXIT
say "installing Tocsin $described in $version"
"$python" -I -m venv "$version/venv" || fail "Python's venv is missing (Debian: python3-venv)"
PIP_CONFIG_FILE=/dev/null "$version/venv/bin/python" -I -m pip --isolated install --quiet --disable-pip-version-check \
    --no-input --no-cache-dir --no-index --find-links "$bundle/wheels" --no-deps --only-binary :all: --no-compile \
    --require-hashes --requirement "$bundle/requirements.txt"
# Byte code for all, by all cores: the service may not write any later.
"$version/venv/bin/python" -I -m compileall -q -j 0 -x /tests/ "$version/venv/lib"
"$version/venv/bin/tocsin" --version >/dev/null
cp "$bundle/bundle.json" "$bundle/sbom.cdx.json" "$bundle/requirements.txt" "$bundle/contrib/tocsin.service" "$version/"
[ ! -d "$bundle/rules" ] || cp -R "$bundle/rules" "$version/rules"
sync -f "$version"
: >"$version/complete"
sync "$version/complete" "$version"
[ -z "$beside" ] || exit 0

# 4. The version counts, the command is found, upgrades know the key.
if [ -n "$key" ]; then
    mkdir -p "$root/trust"
    cp "$key" "$root/trust/bundle.pem"
fi
mkdir -p "${command%/*}"
ln -sfn ../../../opt/tocsin/current/venv/bin/tocsin "$command"
[ ! -d "${unit%/*}" ] || ln -sfn "$root/current/tocsin.service" "$unit"
ln -s "versions/$described" "$root/current"
say "Tocsin $described is installed: $command. Next: docs/install.md, or tocsin --help"
