namespace DmaBuf.Machine.Tests;

/// <summary>Exports a buffer of a machine.</summary>
internal delegate DmaBuffer MachineExport(SoftwareMachine machine, DmaBufferExportOptions options);
