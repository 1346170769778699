# Sourced: prints which kernel interfaces and programs the tests can use on this machine, so that a skipped test has its reason on the same
# page. It only looks; the tests find out for themselves.

capability() { printf '  %-22s %-4s %s\n' "$1" "$2" "$3"; }

# device NAME PATH...: yes if one of the paths exists and can be opened for reading and writing.
device() {
    local name=$1 path found=
    shift
    for path in "$@"; do
        [[ -e $path ]] || continue
        found=$path
        if [[ -r $path && -w $path ]]; then
            capability "$name" yes "$path"
            return
        fi
    done
    if [[ -n $found ]]; then capability "$name" no "$found exists, but this user may not open it"; else capability "$name" no "no $1"; fi
}

# since NAME VERSION: yes if the running kernel is at least VERSION, in which the system call appeared.
since() {
    if [[ $(uname -s) != Linux ]]; then
        capability "$1" no "not Linux"
    elif [[ $(printf '%s\n%s\n' "$2" "$(uname -r)" | sort -V | head -n1) == "$2" ]]; then
        capability "$1" yes "kernel $(uname -r), needed $2"
    else
        capability "$1" no "kernel $(uname -r), needed $2"
    fi
}

program() {
    local path
    if path=$(command -v "$1"); then capability "$1" yes "$path"; else capability "$1" no "not on PATH"; fi
}

print_capabilities() {
    echo "Capabilities of this machine:"
    capability "system" "" "$(uname -sm), $(getconf _NPROCESSORS_ONLN) processors, user $(id -un), .NET SDK $(dotnet --version)"
    since "memfd with seals" 3.17
    since "future-write seal" 5.1
    since "pidfd" 5.3
    if [[ $(cat /proc/sys/vm/nr_hugepages 2>/dev/null || echo 0) -gt 0 ]]; then
        capability "huge pages" yes "$(</proc/sys/vm/nr_hugepages) reserved"
    else
        capability "huge pages" no "none reserved in /proc/sys/vm/nr_hugepages"
    fi
    device "dma-heap" /dev/dma_heap/*
    device "udmabuf" /dev/udmabuf
    device "DRM" /dev/dri/renderD* /dev/dri/card*
    device "V4L2" /dev/video*
    device "VFIO" /dev/vfio/vfio
    device "iommufd" /dev/iommu
    device "KVM" /dev/kvm
    if [[ -r /sys/kernel/debug/dma_buf/bufinfo ]]; then
        capability "dma-buf debugfs" yes /sys/kernel/debug/dma_buf/bufinfo
    else
        capability "dma-buf debugfs" no "/sys/kernel/debug/dma_buf/bufinfo is not readable"
    fi
    program gcc
    program clang
    program qemu-system-x86_64
}
