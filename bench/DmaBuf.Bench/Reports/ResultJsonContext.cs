using System.Text.Json.Serialization;

namespace DmaBuf.Bench;

/// <summary>The report's JSON form, generated at build time because NativeAOT has no reflection for it.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ResultDocument))]
internal sealed partial class ResultJsonContext : JsonSerializerContext;
