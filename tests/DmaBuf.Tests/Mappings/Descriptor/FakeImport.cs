using System.Runtime.InteropServices;

namespace DmaBuf.Tests.Mappings.Descriptor;

/// <summary>An interface that imports descriptors as the test says, and counts.</summary>
internal sealed class FakeImport(MappingCost cost = MappingCost.Unknown, bool canTakeAway = false) : IDescriptorImport
{
    public MappingCost Cost => cost;

    public bool CanTakeAway => canTakeAway;

    internal int Imports { get; private set; }

    internal int Undone { get; private set; }

    internal Action<DescriptorAttachment, SafeHandle>? Importing { get; set; }

    internal bool ReturnsNothing { get; set; }

    public IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor)
    {
        attachment.Buffer.Reservation.ThrowIfHeldByCurrentThread("Import");
        Importing?.Invoke(attachment, descriptor);
        if (ReturnsNothing)
            return null!;
        Imports++;
        return new Imported(this);
    }

    private sealed class Imported(FakeImport owner) : IDisposable
    {
        public void Dispose() => owner.Undone++;
    }
}
