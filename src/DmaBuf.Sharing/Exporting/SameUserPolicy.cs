namespace DmaBuf.Sharing;

/// <summary>Only processes of one user, by default this process's own.</summary>
internal sealed class SameUserPolicy(uint? user = null) : SharingPolicy
{
    private readonly Lazy<uint> _user = new(() => user ?? OwnUser());

    protected internal override bool MayConnect(PeerCredentials peer) => peer.UserId == _user.Value;

    protected internal override CpuAccess? MayAttach(PeerCredentials peer, string name, DmaBuffer buffer) => MayConnect(peer) ? CpuAccess.ReadWrite : null;

    /// <summary>As the kernel shows this process to others.</summary>
    private static uint OwnUser()
    {
        (DescriptorSocket first, DescriptorSocket second) = DescriptorSocket.CreatePair();
        using (first)
        using (second)
        {
            return first.Peer.UserId;
        }
    }
}
