using System.Buffers;

namespace DmaBuf.Machine;

/// <summary>The rule for names in a document: they are shown in tables and typed on command lines, where a BAR is <c>name:0</c>.</summary>
internal static class MachineName
{
    public const int MaximumLength = 64;

    private static readonly SearchValues<char> s_characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public static string Require(string name, string place) => name.Length is > 0 and <= MaximumLength && !name.AsSpan().ContainsAnyExcept(s_characters)
        ? name
        : throw MachineFacts.Wrong(place, $"{MachineNumber.Quote(name)} is no name; use 1 to {MaximumLength} of the letters A to Z and a to z, digits, '_', '.' and '-'");
}
