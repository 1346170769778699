using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Tool.Tests;

/// <summary>The built tool as a real process on a terminal of its own, with a window that can be resized. Dispose kills what still runs.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2; // O_RDWR
    private const int NotControlling = 0x100; // O_NOCTTY
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const nuint SetWindowSize = 0x5414; // TIOCSWINSZ
    private const nuint GetSettings = 0x5401; // TCGETS
    private const int SettingsBytes = 36; // struct termios of the kernel

    /// <summary>Makes its standard streams the terminal, and the terminal its own: Ctrl-C and a new size of the window become signals.</summary>
    private const string Script = "exec <>\"$0\" >&0 2>&0; exec setsid -c \"$@\"";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly SafeFileHandle _master;
    private readonly SafeFileHandle _other;
    private readonly FileStream _stream;
    private readonly Process _process;
    private readonly StringBuilder _shown = new();
    private readonly Task _reading;

    internal PseudoTerminal(int columns, int rows, params string[] arguments)
    {
        _master = OpenMaster(ReadWrite | NotControlling | CloseOnExec);
        Span<byte> name = stackalloc byte[64];
        Assert.Equal(0, Grant(_master) | Unlock(_master) | GetName(_master, name, (nuint)name.Length));
        string path = Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
        // Held open, so that the terminal's settings can still be asked for when the program has ended.
        _other = Open(path, ReadWrite | NotControlling | CloseOnExec);
        Assert.False(_other.IsInvalid);
        _stream = new FileStream(_master, FileAccess.ReadWrite, bufferSize: 0);
        Resize(columns, rows);
        Before = Settings();
        ProcessStartInfo start = new("/bin/sh", ["-c", Script, path, Path.Combine(AppContext.BaseDirectory, "DmaBuf.Tool"), .. arguments]);
        start.Environment["TERM"] = "xterm-256color";
        _process = Process.Start(start)!;
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The terminal's settings before the program began.</summary>
    internal byte[] Before { get; }

    /// <summary>All that the program wrote to the terminal so far.</summary>
    internal string Shown
    {
        get
        {
            lock (_shown)
            {
                return _shown.ToString();
            }
        }
    }

    /// <summary>The same when it had ended.</summary>
    internal byte[] SettingsAtEnd { get; private set; } = [];

    internal byte[] Settings()
    {
        byte[] settings = new byte[SettingsBytes];
        Assert.Equal(0, Control(_master, GetSettings, settings));
        return settings;
    }

    internal void Resize(int columns, int rows)
    {
        byte[] size = new byte[8];
        Assert.True(BitConverter.TryWriteBytes(size, (ushort)rows) && BitConverter.TryWriteBytes(size.AsSpan(2), (ushort)columns));
        Assert.Equal(0, Control(_master, SetWindowSize, size));
    }

    internal void Type(char key) => _stream.WriteByte((byte)key);

    /// <summary>Waits until what was written from a place on has the text; gives the place behind it.</summary>
    internal int Until(string text, int from = 0)
    {
        int at = -1;
        Assert.True(
            SpinWait.SpinUntil(() => (at = Shown.IndexOf(text, Math.Min(from, Shown.Length), StringComparison.Ordinal)) >= 0 || _process.HasExited, s_limit) && at >= 0,
            $"'{text}' never appeared: {Shown}");
        return at + text.Length;
    }

    /// <returns>Its exit code, after all that it wrote was read.</returns>
    internal int WaitForExit()
    {
        Assert.True(_process.WaitForExit(s_limit));
        SettingsAtEnd = Settings();
        _other.Dispose();
        Assert.True(_reading.Wait(s_limit));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _other.Dispose();
        _reading.Wait();
        _stream.Dispose();
    }

    private void Read()
    {
        byte[] bytes = new byte[4096];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        char[] text = new char[bytes.Length];
        try
        {
            while (_stream.Read(bytes) is var length and > 0)
            {
                lock (_shown)
                {
                    _shown.Append(text, 0, decoder.GetChars(bytes, 0, length, text, 0));
                }
            }
        }
        catch (IOException)
        {
            // EIO: nobody has the other end any more.
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial SafeFileHandle OpenMaster(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int GetName(SafeFileHandle master, Span<byte> name, nuint length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle descriptor, nuint request, Span<byte> argument);
}
