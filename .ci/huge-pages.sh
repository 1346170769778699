# Sourced by .ci/run: sets a few huge pages aside for the run where that is allowed, so that the test that needs them runs, and gives them back.

huge_pages_setting=/proc/sys/vm/nr_hugepages
huge_pages_before=

set_huge_pages_aside() {
    local wanted=8 found
    # As root the setting may look writable and still refuse, in a container for example; then the test says that it was skipped and why.
    [[ -r $huge_pages_setting ]] || return 0
    found=$(<"$huge_pages_setting")
    ((found < wanted)) || return 0
    { echo "$wanted" >"$huge_pages_setting"; } 2>/dev/null && huge_pages_before=$found
    return 0
}

give_huge_pages_back() {
    [[ -z $huge_pages_before ]] || { echo "$huge_pages_before" >"$huge_pages_setting"; } 2>/dev/null
}
