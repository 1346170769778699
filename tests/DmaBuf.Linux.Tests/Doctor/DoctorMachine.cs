using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests;

/// <summary>A machine made of files.</summary>
internal sealed partial class DoctorMachine : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dmabuf-test");

    internal DoctorMachine()
    {
        // Others must be able to look at it, too.
        File.SetUnixFileMode(_root.FullName, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(At("proc"));
    }

    internal string At(string path) => Path.Combine(_root.FullName, path);

    internal void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    internal DoctorReport Examine() => MachineDoctor.Examine(new() { DeviceRoot = At("dev"), ProcessRoot = At("proc"), SystemRoot = At("sys"), FileRoot = _root.FullName });

    internal DoctorCheck Check(string name) => Examine().Checks.Single(check => check.Name == name);

    internal static void GiveToGroup(string path, uint group) => Assert.Equal(0, ChangeOwner(path, 0, group));

    public void Dispose() => _root.Delete(recursive: true);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
