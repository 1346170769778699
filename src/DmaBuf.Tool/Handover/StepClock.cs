using System.Diagnostics;
using System.Text.Json;

namespace DmaBuf.Tool;

/// <summary>How long each step took, in the order of the steps. Not for several threads.</summary>
internal sealed class StepClock
{
    private readonly List<(string Step, TimeSpan Time)> _steps = [];
    private long _start = Stopwatch.GetTimestamp();

    internal IReadOnlyList<(string Step, TimeSpan Time)> Steps => _steps;

    /// <summary>Begins anew, so that waiting for a person is no step.</summary>
    internal void Restart() => _start = Stopwatch.GetTimestamp();

    /// <summary>Adds a step that was measured elsewhere; the next one begins now.</summary>
    internal void Add(string step, TimeSpan time)
    {
        _steps.Add((step, time));
        Restart();
    }

    /// <summary>Ends a step that began where the one before ended.</summary>
    internal TimeSpan Ended(string step)
    {
        TimeSpan time = Stopwatch.GetElapsedTime(_start);
        _steps.Add((step, time));
        Restart();
        return time;
    }

    internal string ToText() => string.Join(", ", _steps.Select(static step => $"{step.Step} {Text.Time(step.Time)}"));

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("milliseconds");
        foreach ((string step, TimeSpan time) in _steps)
        {
            json.WriteNumber(step, Math.Round(time.TotalMilliseconds, 4));
        }

        json.WriteEndObject();
    }
}
