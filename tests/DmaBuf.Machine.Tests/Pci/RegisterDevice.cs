namespace DmaBuf.Machine.Tests;

/// <summary>Registers that remember each access in order, and hold one value.</summary>
internal sealed class RegisterDevice : IPciRegisters
{
    public List<(char Access, ulong Offset, int Size, ulong Value)> Accesses { get; } = [];

    public Action? DuringRead { get; set; }

    public ulong Value { get; set; }

    public ulong Read(ulong offset, int size)
    {
        DuringRead?.Invoke();
        Accesses.Add(('r', offset, size, Value));
        return Value;
    }

    public void Write(ulong offset, int size, ulong value) => Accesses.Add(('w', offset, size, value));
}
