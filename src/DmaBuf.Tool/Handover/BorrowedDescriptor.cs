using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool;

/// <summary>A leased descriptor for those who adopt what they are given: the mapping stays its owner, and the lease, which must outlive this handle, keeps it open.</summary>
internal static class BorrowedDescriptor
{
    internal static SafeFileHandle Of(scoped in DescriptorLease lease) => new(lease.Handle.DangerousGetHandle(), ownsHandle: false);
}
