using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests.Importers;

/// <summary>An import that needs nothing beforehand, so that the kernel itself answers what our importers decline.</summary>
internal sealed class BareImport : IDescriptorImport
{
    private readonly Func<SafeHandle, ulong, IDisposable> _map;

    private BareImport(Func<SafeHandle, ulong, IDisposable> map) => _map = map;

    public MappingCost Cost => MappingCost.IommuMap;

    public bool CanTakeAway => true;

    /// <param name="map">Maps a descriptor, of so many bytes.</param>
    internal static MappingRequest<DescriptorAttachment> Request(Func<SafeHandle, ulong, IDisposable> map) => DescriptorMappingType.RequestImport(new DescriptorNeeds(), new BareImport(map));

    public IDisposable Import(DescriptorAttachment attachment, SafeHandle descriptor) => _map(descriptor, attachment.Buffer.Size);
}
