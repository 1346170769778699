# shellcheck shell=bash disable=SC2154,SC2016
# Sourced: Debian packages that are read and not installed. The kernels come from one suite, whose index is kept by a private apt state in
# the cache; where the archive is and which keys sign it is for this machine's apt configuration to say.
# Expects common.sh.

suite=trixie-backports

# suite_apt PROGRAM ARGUMENT...: apt-get or apt-cache on the suite's index alone.
suite_apt() {
    local program=$1
    shift
    timeout 300 "$program" -q -o Dir::Etc::SourceList="$cache/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$cache/apt/lists" -o Dir::Cache="$cache/apt/cache" -o Acquire::Languages=none -o Acquire::Retries=2 \
        -o APT::Sandbox::User="$(id -un)" "$@" </dev/null
}

# read_index: brings the suite's index up to date.
read_index() {
    local archive log=$cache/apt/update.log
    command -v apt-get >/dev/null 2>&1 || unavailable "no apt-get, and the lab's kernels are Debian packages"
    archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null | grep -v security | head -n1)
    [[ -n $archive ]] || unavailable "apt knows no Debian archive: is one in its sources, and was apt-get update run?"
    mkdir -p "$cache"/apt/{lists,cache/archives}/partial
    echo "deb $archive $suite main" >"$cache/apt/sources.list"
    suite_apt apt-get --error-on=any update >"$log" 2>&1 ||
        unavailable "apt cannot read the index of $suite: $(grep -m1 '^[EW]:' "$log" || echo "see $log")"
}

# package_version NAME: the newest version in the suite, empty if there is none.
package_version() { suite_apt apt-cache show "$1" 2>/dev/null | sed -n 's/^Version: //p' | sort -V | tail -n1; }

# fetch_packages FOLDER NAME...: downloads into FOLDER; apt checks size and hash against the signed index.
fetch_packages() {
    local folder=$1
    shift
    mkdir -p "$folder"
    (cd "$folder" && suite_apt apt-get download "$@" >"$cache/apt/download.log" 2>&1) ||
        unavailable "apt could not download $*: $(grep -m1 '^[EW]:' "$cache/apt/download.log")"
}
