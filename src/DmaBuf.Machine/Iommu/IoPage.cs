namespace DmaBuf.Machine;

/// <summary>One page of a table as a walk finds it.</summary>
/// <param name="Start">The page's first I/O virtual address.</param>
/// <param name="Shift">The binary logarithm of its bytes.</param>
/// <param name="Word">Its <see cref="IoPageWord"/>; zero if nothing is mapped.</param>
internal readonly record struct IoPage(ulong Start, int Shift, ulong Word)
{
    public ulong Size => 1UL << Shift;

    public ulong PhysicalOf(ulong address) => IoPageWord.PhysicalOf(Word) + (address - Start);
}
