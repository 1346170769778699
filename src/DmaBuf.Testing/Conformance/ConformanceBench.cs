namespace DmaBuf.Testing;

/// <summary>A subject with a registry and an importer of its own: one bench for each rule and kind of importer, so that no rule sees what another left.</summary>
internal sealed class ConformanceBench
{
    private readonly HashSet<DmaBufferProblemKind> _expected = [];

    internal ConformanceBench(MappingTypeSubject subject, bool isDynamic)
    {
        Subject = subject;
        Importer = isDynamic ? subject.CreateDynamicImporter("conformance kit", Tell) : subject.CreateImporter("conformance kit");
        Expect((Importer is DynamicImporter) == isDynamic, $"the subject made '{Importer}', which is of the other kind");
    }

    internal MappingTypeSubject Subject { get; }

    internal DmaBufferRegistry Registry { get; } = new();

    internal DmaBufferImporter Importer { get; }

    /// <summary>What the dynamic importer was told, in order.</summary>
    internal List<InvalidateReason> Told { get; } = [];

    /// <summary>What the dynamic importer does about it; null: nothing.</summary>
    internal InvalidateAction? Answer { get; set; }

    /// <summary>Why the rule was not checked; null: it was.</summary>
    internal string? Excuse { get; set; }

    internal DmaBuffer Export() => Subject.Export(new DmaBufferExportOptions { Registry = Registry, Name = "conformance" });

    internal Attachment Attach(DmaBuffer buffer) => buffer.Attach(Importer, [Subject.AcceptedRequest()]);

    internal void WithAttachment(Action<Attachment> check)
    {
        using DmaBuffer buffer = Export();
        using Attachment attachment = Attach(buffer);
        check(attachment);
    }

    /// <summary>The same for a rule that speaks of somebody who is inside an access; a type without an access call is excused.</summary>
    internal void WithAccess(Action<Attachment> check)
    {
        if (Subject.HasAccessCall)
        {
            WithAttachment(check);
            return;
        }

        Excuse = "the type has no access call";
    }

    /// <summary>The rule itself causes problems of this kind.</summary>
    internal void ExpectProblem(DmaBufferProblemKind kind) => _expected.Add(kind);

    internal RevokeReport Revoke(DmaBuffer buffer, TimeSpan deadline) => Finish(buffer.RevokeAsync(deadline).AsTask());

    internal RevokeReport Finish(Task<RevokeReport> revoke)
    {
        // The revoke itself may use up the patience first; only then it is late.
        Expect(Task.WaitAny([revoke], Subject.Patience + Subject.Patience) == 0, "the revoke did not end by its deadline");
        return revoke.GetAwaiter().GetResult();
    }

    internal void ExpectNothingLeft()
    {
        Expect(Registry.Count == 0, $"{Registry.Count} buffers were left");
        Expect(Subject.FindLeftovers() is not { } left, $"left behind: {Subject.FindLeftovers()}");
        Expect(
            Registry.Problems.All(problem => _expected.Contains(problem.Kind)),
            string.Join("; ", Registry.Problems.Select(static problem => problem.Description)));
    }

    /// <summary>One access; of a type that has no access call, a look at what its devices reach.</summary>
    internal void Access(Mapping mapping, Action? inside = null)
    {
        inside ??= static () => { };
        if (Subject.HasAccessCall)
        {
            Subject.Access(mapping, inside);
            return;
        }

        Func<bool>? way = Subject.KeepWayIn(mapping);
        Expect(way is not null, "a subject without an access call needs KeepWayIn");
        Expect(way!(), "devices do not reach the memory through a live mapping");
        inside();
    }

    internal void ExpectAccessRefused<TException>(Mapping mapping)
        where TException : Exception
    {
        if (!Subject.HasAccessCall)
        {
            return;
        }

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

    private void Tell(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        Told.Add(reason);
        Answer?.Invoke(attachment, reason, in held);
    }
}
