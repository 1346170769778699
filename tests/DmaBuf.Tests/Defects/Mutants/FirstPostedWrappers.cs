namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>The attach wrappers of the first posted version: no test of the device (D-27), a flag read through absent importer operations (D-6).</summary>
internal static class FirstPostedWrappers
{
    internal static string StaticAttach(IDmaDevice? device) => $"attached {device?.Name}, peers refused";

    internal static string DynamicAttach(IDmaDevice? device, DynamicImporter? importer)
        => importer!.Name.Length > 0 ? $"attached {device?.Name}, peers accepted" : StaticAttach(device);
}
