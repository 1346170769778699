namespace DmaBuf.Tool;

/// <summary>Keys as they are pressed, without waiting and without showing them. Where standard input is no terminal, none ever is.</summary>
internal sealed class TerminalKeys : IDisposable
{
    private readonly bool _isTerminal = !Console.IsInputRedirected;

    /// <summary>Empties what was typed so far.</summary>
    internal bool IsPressed(ConsoleKey key)
    {
        bool found = false;
        while (_isTerminal && Console.KeyAvailable)
        {
            found |= Console.ReadKey(intercept: true).Key == key;
        }

        return found;
    }

    /// <summary>What was typed for this program must not reach the shell.</summary>
    public void Dispose() => IsPressed(default);
}
