namespace DmaBuf.Tool.Tests;

/// <summary>What strangers chose cannot command the terminal.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("frame 7 [x]", "frame 7 [x]")]
    [InlineData("a\nb\e[31m", "a\\x0ab\\x1b[31m")]
    [InlineData("\u202etxt", "\\x202etxt")]
    [InlineData("Grün", "Grün")]
    public void Control_characters_are_written_out(string text, string printed) => Assert.Equal(printed, Printable.Of(text));
}
