namespace DmaBuf.Testing;

/// <summary>A subject with a registry of its own: one bench a rule, so that no rule sees what another left.</summary>
internal sealed class ConformanceBench(MappingTypeSubject subject)
{
    internal MappingTypeSubject Subject { get; } = subject;

    internal DmaBufferRegistry Registry { get; } = new();

    internal DmaBufferImporter Importer { get; } = new("conformance kit");

    internal DmaBuffer Export() => Subject.Export(new DmaBufferExportOptions { Registry = Registry, Name = "conformance" });

    internal Attachment Attach(DmaBuffer buffer) => buffer.Attach(Importer, [Subject.AcceptedRequest()]);

    internal static void Expect(bool holds, string found)
    {
        if (!holds)
        {
            throw new BrokenRuleException(found);
        }
    }

    internal static void ExpectErrno(Errno errno, Action action)
    {
        try
        {
            action();
        }
        catch (DmaBufException exception) when (exception.Errno == errno)
        {
            return;
        }
        catch (Exception exception)
        {
            throw new BrokenRuleException($"{errno} was expected, {exception.GetType().Name} came: {exception.Message}");
        }

        throw new BrokenRuleException($"{errno} was expected, the call succeeded");
    }

    internal void ExpectAccessRefused<TException>(Mapping mapping)
        where TException : Exception
    {
        bool inside = false;
        try
        {
            Subject.Access(mapping, () => inside = true);
        }
        catch (TException)
        {
            Expect(!inside, "the access began and then failed");
            return;
        }

        throw new BrokenRuleException("the access succeeded: every look at the memory must go through EnterAccess");
    }
}
