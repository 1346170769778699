namespace DmaBuf;

/// <summary>A relaxation whose data is wrapped as a request again, ready for a fresh negotiation.</summary>
internal readonly record struct RelaxedRequest(string Description, MappingRequest Request, bool AsDynamicImporter = false);
