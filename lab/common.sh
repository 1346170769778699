# shellcheck shell=bash disable=SC2034
# Sourced by the programs of this folder: where things lie, how the lab speaks, and how it says that it cannot work here.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$here")

# Kernels and the package index; outside the repository, so that a clean checkout finds them.
cache=${DMABUF_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dmabuf-lab}

# The exit code for "not on this machine", apart from every failure (EX_TEMPFAIL of sysexits.h).
unavailable_code=75

say() { printf 'lab: %s\n' "$*" >&2; }

# fail SENTENCE: something is wrong that should work.
fail() {
    say "$*"
    exit 1
}

# unavailable REASON: one line, and an exit code that lets CI go on.
unavailable() {
    say "not available here: $*"
    exit "$unavailable_code"
}

# need PROGRAM=PACKAGE...: what is missing is installed where this user may, and named otherwise. PROGRAM may be a path.
need() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null 2>&1 || [[ -e ${pair%%=*} ]] || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || unavailable "${missing[*]} missing: sudo apt-get install --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null 2>&1 || unavailable "${missing[*]} missing, and there is no apt-get to install them"
    say "installing ${missing[*]}"
    install_packages "${missing[@]}" && return 0
    # Package lists age, and a fresh container has none.
    timeout 180 apt-get -q update </dev/null >&2 2>/dev/null
    install_packages "${missing[@]}" || unavailable "apt-get could not install ${missing[*]}"
}

install_packages() {
    DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -q -y install --no-install-recommends "$@" </dev/null >/dev/null 2>&1
}
