using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace DmaBuf.Sharing.Tests;

/// <summary>Nothing here needs root: where the tests run as root, the core of them runs once more as nobody.</summary>
public sealed class OrdinaryUserTests : LeakCheckedTest
{
    private const string Nobody = "65534";

    [Fact]
    public async Task Attaching_and_channels_work_for_an_ordinary_user()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "these tests run as an ordinary user already");
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "there is no setpriv to become nobody with");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dmabuf-test");
        try
        {
            // The program may lie where nobody may not look.
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0x1ff);
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            string report = Path.Combine(folder.FullName, "report.xml");
            ProcessStartInfo start = new("/usr/bin/setpriv", [
                $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", Path.Combine(folder.FullName, "DmaBuf.Sharing.Tests"),
                "-class", "*AttachTests", "-class", "*RevokeTests", "-class", "*FrameChannelTests", "-class", "*SlowSubscriberTests",
                "-result-xml", report, "-reporter", "quiet", "-noAutoReporters", "-noLogo", "-noColor"])
            {
                WorkingDirectory = folder.FullName,
                RedirectStandardOutput = true,
                Environment = { ["HOME"] = folder.FullName },
            };
            using (Process process = Process.Start(start)!)
            {
                string output = await process.StandardOutput.ReadToEndAsync(Token);
                await process.WaitForExitAsync(Token);
                process.StandardOutput.Dispose();
                Assert.True(process.ExitCode == 0, output);
            }

            XElement assembly = XDocument.Load(report).Root!.Element("assembly")!;
            Assert.Equal("0", assembly.Attribute("failed")!.Value);
            Assert.True(int.Parse(assembly.Attribute("passed")!.Value, CultureInfo.InvariantCulture) >= 25, $"only {assembly.Attribute("passed")} tests ran");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
