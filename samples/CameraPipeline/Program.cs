using System.Globalization;
using System.Runtime.Versioning;
using DmaBuf.Samples.Camera;

[assembly: SupportedOSPlatform("linux")]

using CancellationTokenSource interrupted = new();
Console.CancelKeyPress += (_, signal) =>
{
    signal.Cancel = true;
    interrupted.Cancel();
};

switch (args)
{
    case ["run", string folder, string count]:
        return await Pipeline.RunAsync(folder, Number(count), interrupted.Token);
    case ["capture", string to, string count]:
        await CaptureProcess.RunAsync(to, Number(count), interrupted.Token);
        return 0;
    case ["invert", string from, string to]:
        await InvertProcess.RunAsync(from, to, interrupted.Token);
        return 0;
    case ["view", string from, string folder]:
        await ViewProcess.RunAsync(from, folder, interrupted.Token);
        return 0;
    default:
        Console.Error.WriteLine("CameraPipeline run FOLDER COUNT: captures COUNT pictures, inverts their colours, writes them to FOLDER as PNG; each in a process of its own");
        return 2;
}

static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
