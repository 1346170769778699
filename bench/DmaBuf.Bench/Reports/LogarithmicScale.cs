namespace DmaBuf.Bench;

/// <summary>Places values on a logarithmic axis that begins and ends at a power of ten.</summary>
internal sealed class LogarithmicScale
{
    private readonly int _first;
    private readonly int _last;
    private readonly double _start;
    private readonly double _end;

    /// <summary>Makes an axis for the values.</summary>
    /// <param name="values">At least one; all above 0.</param>
    /// <param name="start">Where the axis begins, in the drawing's units.</param>
    /// <param name="end">Where it ends; less than <paramref name="start"/> for an axis that goes up.</param>
    public LogarithmicScale(IReadOnlyCollection<double> values, double start, double end)
    {
        _first = (int)Math.Floor(Math.Log10(values.Min()));
        _last = Math.Max(_first + 1, (int)Math.Ceiling(Math.Log10(values.Max())));
        _start = start;
        _end = end;
    }

    /// <summary>The powers of ten on the axis.</summary>
    public IEnumerable<double> Ticks => Enumerable.Range(_first, _last - _first + 1).Select(static power => Math.Pow(10, power));

    /// <summary>Where a value lies.</summary>
    public double At(double value) => _start + ((Math.Log10(value) - _first) / (_last - _first) * (_end - _start));
}
