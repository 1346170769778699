namespace DmaBuf.Bench;

/// <summary>Where a row stands on a curve that shows how cost grows.</summary>
/// <param name="Curve">The curve's title; rows of one curve are drawn together.</param>
/// <param name="Axis">What grows, for example <c>ranges</c>; short, it is part of the drawing's file name.</param>
/// <param name="Size">How many of them.</param>
internal sealed record GrowthPoint(string Curve, string Axis, int Size);
