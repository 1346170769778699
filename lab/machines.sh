# shellcheck shell=bash disable=SC2034,SC2054,SC2154
# Sourced: what each machine of the lab has. One function a machine sets
#   qemu_devices   arguments of QEMU, besides what lab/boot.sh gives to every machine
#   modules        modules that are loaded, in this order, with their parameters after a colon (only the stock kernel has modules)
#   kernel_line    words for the kernel's command line
#   bound          PCI ids that belong to vfio-pci when the tests start; every other device keeps the driver that took it
# README.md beside this file says what is where, and LabMachineTests.cs fails when one of them is missing.

machine_names=(buffers devices iommufd)

# vivid 0 keeps its frames in vmalloc memory and reads a foreign buffer by a kernel mapping; vivid 1 needs one contiguous range and attaches.
# vivid 2 is like vivid 0, with frames of several planes. Those two also have an output (0x100), which shows frames.
vivid_settings=(n_devs=3 node_types=0x101,0x1,0x101 allocators=0,1,0 multiplanar=1,1,2)

machine_buffers() {
    qemu_devices=(-machine q35 -device virtio-gpu-pci)
    modules=(vgem virtio_gpu "vivid:${vivid_settings[*]}")
    kernel_line=(hugepages=16)
    bound=()
}

# Addresses on bus 0 are fixed, so that a device that is added later moves no other.
machine_devices() {
    truncate -s 64M "$folder/nvme.img"
    qemu_devices=(
        -machine q35,kernel-irqchip=split
        -device intel-iommu,intremap=on
        # A disk with 16 MiB of controller memory
        -drive "file=$folder/nvme.img,if=none,id=disk,format=raw"
        -device nvme,drive=disk,serial=LAB0001,cmb_size_mb=16,addr=08.0
        # A 4 MiB memory BAR behind a port that isolates it: a group of its own, and a reset that works
        -device pcie-root-port,id=port1,chassis=1,slot=1,addr=09.0
        -object memory-backend-ram,id=memory1,size=4M,share=on
        -device ivshmem-plain,memdev=memory1,bus=port1
        # Two DMA engines: one for vfio-pci, one that no driver has, for tests that bind
        -device edu,addr=0a.0
        -device edu,addr=0b.0
        # Two functions in one group, of which a kernel driver has the second: a group that is not viable
        -device edu,addr=0d.0,multifunction=on
        -device virtio-rng-pci,addr=0d.1
        # A switch with a memory BAR and a DMA engine, near each other; each is in a group with its port
        -device pcie-root-port,id=port2,chassis=2,slot=2,addr=0c.0
        -device x3130-upstream,id=switch,bus=port2
        -device xio3130-downstream,id=down1,bus=switch,chassis=3,slot=3
        -device xio3130-downstream,id=down2,bus=switch,chassis=4,slot=4
        -object memory-backend-ram,id=memory2,size=1M,share=on
        -device ivshmem-plain,memdev=memory2,bus=down1
        -device edu,bus=down2
    )
    modules=(vgem "vivid:${vivid_settings[*]}" vfio-pci vfio_iommu_type1)
    kernel_line=(hugepages=16 intel_iommu=on)
    bound=(0000:00:08.0 0000:00:0a.0 behind:0000:00:09.0 behind:0000:00:0c.0)
}

machine_iommufd() { machine_devices; }

# kernel_of MACHINE: the folder in the cache with that machine's kernel, built or fetched if need be.
kernel_of() {
    case $1 in
        iommufd) "$here/build-kernel" ;;
        *) "$here/fetch-kernel" ;;
    esac
}
