# shellcheck shell=bash
# Sourced by .ci/run: the steps that run tests on real kernels (lab/README.md). The tests wipe artifacts/test-results, so these come after them, and
# before the last line is summed. Where the lab cannot work, a step says so in one line and is left out.

# lab/run's exit code for "not available here"; a step that ends with it is left out and fails nothing.
left_out=75

# The kernel with iommufd is built beside the other steps when the cache has none: 5 to 15 minutes. The run waits until then at most.
kernel_build_limit=${DMABUF_CI_KERNEL_LIMIT:-1500}
kernel_build_id=
kernel_build_log=artifacts/lab/build-kernel.log

set_up_lab() {
    lab/run --prepare || return
    lab/build-kernel --if-cached >/dev/null && return 0
    mkdir -p "${kernel_build_log%/*}"
    # Not to disturb what is measured beside it; a build that is cut off goes on in the next run.
    nice -n 10 timeout -k 10 "$kernel_build_limit" lab/build-kernel >"$kernel_build_log" 2>&1 &
    kernel_build_id=$!
    echo "Building the kernel with iommufd beside the other steps: $kernel_build_log"
}

stop_kernel_build() { [[ -z $kernel_build_id ]] || kill "$kernel_build_id" 2>/dev/null || true; }

# lab_machines NAME...: whole runs of these machines.
lab_machines() {
    local machine arguments=()
    for machine in "$@"; do arguments+=(--machine "$machine"); done
    lab/run "${arguments[@]}"
}

iommufd_machine() {
    local status
    if [[ -n $kernel_build_id ]]; then
        wait "$kernel_build_id"
        status=$?
        kernel_build_id=
        if ((status == 124)); then
            echo "The kernel with iommufd was not ready after $kernel_build_limit s; its tests were not run."
            return "$left_out"
        elif ((status != 0)); then
            tail -n 5 "$kernel_build_log"
            return "$status"
        fi
    elif ! lab/build-kernel --if-cached >/dev/null; then
        echo "There is no kernel with iommufd; its tests were not run."
        return "$left_out"
    fi
    lab_machines iommufd
}
