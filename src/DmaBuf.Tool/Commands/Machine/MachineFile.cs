using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>A machine that a JSON file describes.</summary>
internal static class MachineFile
{
    /// <exception cref="BadUseException">It cannot be read, or describes no machine that can be built.</exception>
    internal static async Task<SoftwareMachine> LoadAsync(string name, CancellationToken cancellationToken)
    {
        string text = await DescriptionFile.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        try
        {
            return MachineDocument.Read(text).Build();
        }
        catch (DmaBufException exception)
        {
            throw new BadUseException($"{DescriptionFile.Title(name)}: {exception.Message.ReplaceLineEndings(" ")} See docs/machine-json.md for the form.");
        }
    }
}
