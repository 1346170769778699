using DmaBuf;

// Each check runs code of the published program and fails it by its exit code. One line per check, so that a log shows how far it came.
var failures = 0;

Check("this is a native program", !System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported);
Check("an errno keeps its identity through an exception", ErrnoOf(() => throw new DmaBufException(Errno.ENODEV, "Refused.")) == Errno.ENODEV);
Check("an errno knows its name", Errno.EOPNOTSUPP.ToString() == "EOPNOTSUPP");
Check("addresses compare and print", new DmaAddress(0x1000) < new DmaAddress(0x2000) && new PhysicalAddress(0x1000).ToString() == "0x1000");

Console.WriteLine(failures == 0 ? "AOT smoke: every check passed." : $"AOT smoke: {failures} checks failed.");
return failures == 0 ? 0 : 1;

void Check(string sentence, bool holds)
{
    Console.WriteLine($"{(holds ? "ok  " : "FAIL")} {sentence}");
    failures += holds ? 0 : 1;
}

static Errno ErrnoOf(Action action)
{
    try
    {
        action();
        return Errno.None;
    }
    catch (DmaBufException exception)
    {
        return exception.Errno;
    }
}
