using System.Reflection;
using Xunit.v3;

namespace DmaBuf.Linux.Tests;

/// <summary>
/// The tests of this class need a kernel and devices of the lab: <c>lab/run</c> runs those whose machine it has booted, with the variable DMABUF_LAB naming it.
/// Elsewhere they are left out by <c>./test</c>, and skip with this reason if somebody starts them all the same.
/// </summary>
/// <param name="machine">A name of <see cref="LabMachines"/>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class LabMachineAttribute(string machine) : BeforeAfterTestAttribute, ITraitAttribute
{
    public string Machine => machine;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Lab", machine)];

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        string[] wanted = [.. test.TestMethod.TestClass.Class.GetCustomAttributes<LabMachineAttribute>(true).Select(attribute => attribute.Machine)];
        string? here = Environment.GetEnvironmentVariable("DMABUF_LAB");
        Assert.SkipUnless(here is not null && wanted.Contains(here), $"Needs the lab machine {string.Join(" or ", wanted)}: lab/run --machine {wanted[0]}");
    }
}
