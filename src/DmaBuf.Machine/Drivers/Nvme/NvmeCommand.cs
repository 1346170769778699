namespace DmaBuf.Machine;

/// <summary>A command of the I/O command set.</summary>
/// <param name="Opcode">What it does.</param>
/// <param name="Namespace">The medium.</param>
/// <param name="FirstBlock">The first block (<c>slba</c>).</param>
/// <param name="Data">Where the data are; so many bytes that they fill whole blocks.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record NvmeCommand(NvmeOpcode Opcode, NvmeNamespace Namespace, ulong FirstBlock, NvmeDataPointer Data);
