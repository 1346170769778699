using System.Buffers.Binary;

namespace DmaBuf.Linux;

/// <summary>A configuration space as far as it could be read: 64 bytes without privilege, 256 of a conventional function, 4096 of an express one.</summary>
/// <remarks>A capability list comes from a device, which may be broken: each walk ends after as many steps as there can be capabilities.</remarks>
internal sealed class PciConfigSpace(byte[] bytes)
{
    internal const byte PowerManagement = 0x01;
    internal const byte Express = 0x10;
    internal const byte AdvancedFeatures = 0x13;
    private const int HeaderLength = 64;
    private const int ConventionalLength = 256;
    private const int StatusRegister = 0x06;
    private const int CapabilityPointer = 0x34;
    private const ushort HasCapabilities = 0x10;
    private const ushort AccessControlServices = 0x000D;
    private const int ExpressRootPort = 4;

    /// <summary>Whether the capabilities could be read at all.</summary>
    internal bool HasPrivilege => bytes.Length > HeaderLength;

    /// <summary>The access control bits that are switched on; null: they could not be read.</summary>
    internal PciAccessControl? AccessControl
    {
        get
        {
            if (!HasPrivilege)
            {
                return null;
            }

            int capability = FindExtended(AccessControlServices);
            if (capability < 0)
            {
                return PciAccessControl.None;
            }

            ushort control = Word(capability + 6);
            return ((control & 0x01) != 0 ? PciAccessControl.SourceValidation : 0) | ((control & 0x04) != 0 ? PciAccessControl.RequestRedirect : 0)
                | ((control & 0x08) != 0 ? PciAccessControl.CompletionRedirect : 0) | ((control & 0x20) != 0 ? PciAccessControl.EgressControl : 0)
                | ((control & 0x40) != 0 ? PciAccessControl.DirectTranslated : 0);
        }
    }

    /// <summary>Whether it is a root port; null: that could not be read.</summary>
    internal bool? IsRootPort => !HasPrivilege ? null : Find(Express) is var capability && capability >= 0 && ((Word(capability + 2) >> 4) & 0xF) == ExpressRootPort;

    /// <summary>The place of a capability; -1: there is none.</summary>
    internal int Find(byte identity)
    {
        if (bytes.Length < HeaderLength || (Word(StatusRegister) & HasCapabilities) == 0)
        {
            return -1;
        }

        int place = bytes[CapabilityPointer] & ~3;
        for (int steps = 0; steps < ConventionalLength / 4 && place >= HeaderLength && place + 2 <= bytes.Length; steps++)
        {
            if (bytes[place] == identity)
            {
                return place;
            }

            place = bytes[place + 1] & ~3;
        }

        return -1;
    }

    private int FindExtended(ushort identity)
    {
        int place = ConventionalLength;
        for (int steps = 0; steps < (4096 - ConventionalLength) / 8 && place >= ConventionalLength && place + 8 <= bytes.Length; steps++)
        {
            uint header = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(place));
            if ((header & 0xFFFF) == identity)
            {
                return place;
            }

            place = (int)(header >> 20) & ~3;
        }

        return -1;
    }

    private ushort Word(int place) => place + 2 <= bytes.Length ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(place)) : (ushort)0;
}
