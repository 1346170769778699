namespace DmaBuf.Bench;

/// <summary>
/// The C# side of one row of the report. An implementation does all its set-up in its constructor; <see cref="Run"/> only repeats the
/// operation, on the caller's thread, and makes sure by itself that the result is used and right.
/// </summary>
internal interface IBenchmarkCase
{
    /// <summary>What the row is called: the operation and its size, for a person.</summary>
    string Name { get; }

    /// <summary>What one figure counts, such as <c>ns/operation</c> or <c>ns/range</c>.</summary>
    string Unit { get; }

    /// <summary>How many of <see cref="Unit"/> one iteration does; 1 unless the row counts something smaller than the operation.</summary>
    int UnitsPerIteration => 1;

    /// <summary>The highest C# / C ratio that still meets the goal; none for rows that are reported without one.</summary>
    double? Target { get; }

    /// <summary>The bytes that one iteration may allocate on the managed heap; none for rows that are reported without a limit.</summary>
    long? AllowedBytes => 0;

    /// <summary>The twin's name of the same work; behind a colon its size, where it has one.</summary>
    string TwinCase { get; }

    /// <summary>Which twin the row is held against.</summary>
    TwinBuild TwinBuild => TwinBuild.Plain;

    /// <summary>The curve that the row is a point of; none for most.</summary>
    GrowthPoint? Growth => null;

    /// <summary>Whether both sides stay on one core while they are measured; not where several threads work.</summary>
    bool IsPinned => true;

    /// <summary>Whether it must run before the first round; not where a smaller size of the same case runs the same code.</summary>
    bool NeedsWarmUp => true;

    /// <summary>Does the operation so many times.</summary>
    /// <param name="iterations">At least 1.</param>
    void Run(int iterations);
}
