# shellcheck shell=bash disable=SC2154
# Sourced: one boot of one machine, and everything that bounds it. Expects common.sh and machines.sh.
#
# READY is the line by which the guest says that its root is mounted and the command starts. A boot that never gets there is the emulator's
# trouble, known in about one of a hundred, and is repeated at most twice; after READY nothing is ever repeated.

# Seconds until READY, and for everything together; a loaded machine of two cores needs 20 and 60.
ready_limit=${DMABUF_LAB_READY_LIMIT:-120}
run_limit=${DMABUF_LAB_LIMIT:-600}

qemu_id=

# A killed run leaves no QEMU: each process of the chain dies with the one above it.
bound_to_us() {
    if command -v setpriv >/dev/null 2>&1; then exec setpriv --pdeathsig TERM "$@"; else exec "$@"; fi
}

stop_qemu() {
    [[ -n $qemu_id ]] || return 0
    kill -TERM "$qemu_id" 2>/dev/null
    wait "$qemu_id" 2>/dev/null
    qemu_id=
}

# plain: console text without what the firmware and the terminal put between.
plain() {
    local text=$1
    text=${text//$'\r'/}
    while [[ $text =~ $'\e'(\[[0-9;?=]*[a-zA-Z]|c) ]]; do text=${text/"${BASH_REMATCH[0]}"/}; done
    printf '%s' "$text"
}

# boot_once KERNEL-FOLDER CONSOLE-LOG: 0 if QEMU ended by the guest's success; sets ready, seconds_to_ready, qemu_code.
boot_once() {
    local kernel=$1 console=$2 line output deadline=$((SECONDS + ready_limit))
    local inner=(qemu-system-x86_64)
    ! command -v setpriv >/dev/null 2>&1 || inner=(setpriv --pdeathsig KILL "${inner[@]}")
    ready= qemu_code=
    : >"$console"
    # One emulator thread: with several the stock kernel sometimes dies while it patches its own text.
    exec {output}< <(bound_to_us timeout -k 5 "$run_limit" "${inner[@]}" "${qemu_devices[@]}" \
        -cpu max -accel tcg,thread=single -smp 2 -m "${DMABUF_LAB_MEMORY:-2048}" -display none -vga none -nic none -no-reboot -monitor none -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -fsdev local,id=hostroot,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=hostroot,mount_tag=hostroot \
        -fsdev "local,id=results,path=$folder/share,security_model=none" -device virtio-9p-pci,fsdev=results,mount_tag=results \
        -kernel "$kernel/vmlinuz" -initrd "$folder/image.gz" \
        -append "console=ttyS0 loglevel=5 panic=-1 no_timer_check log_buf_len=2M ${kernel_line[*]}" </dev/null 2>&1)
    qemu_id=$!
    while :; do
        if [[ -z $ready ]]; then
            if ! IFS= read -r -t $((deadline > SECONDS ? deadline - SECONDS : 1)) line <&"$output"; then
                ((SECONDS < deadline)) && [[ -z $line ]] && break
                ((SECONDS < deadline)) || { echo "lab: no READY within $ready_limit s" >>"$console"; break; }
            fi
        else
            IFS= read -r line <&"$output" || break
        fi
        line=$(plain "$line")
        printf '%s\n' "$line" >>"$console"
        case $line in
            'LAB READY '*) ready=${line#LAB READY } ;;
            'LAB EXIT '*) break ;;
            'LAB '* | 'lab: '*) say "${line#*: }" ;;
            *) [[ -z $ready ]] || printf '%s\n' "$line" ;;
        esac
    done
    # After EXIT only QEMU's own end is left; without READY in time it is ours to end.
    [[ -n $ready ]] || kill -TERM "$qemu_id" 2>/dev/null
    cat <&"$output" >>"$console"
    wait "$qemu_id" 2>/dev/null
    qemu_code=$?
    qemu_id=
    exec {output}<&-
    [[ $qemu_code == 33 ]]
}

# boot KERNEL-FOLDER: boots with the retries that are allowed; each boot's console is kept.
boot() {
    local try
    for try in 1 2 3; do
        boot_once "$1" "$folder/console.log" && return 0
        [[ -z $ready ]] || return 1
        cp "$folder/console.log" "$folder/console-without-ready-$try.log"
        say "boot $try of $machine never became ready (QEMU's exit code $qemu_code): $folder/console-without-ready-$try.log"
    done
    return 1
}
