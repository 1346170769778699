namespace DmaBuf.Linux;

/// <summary>Whether new memory is made of huge pages, which are set aside by the administrator (<c>vm.nr_hugepages</c>).</summary>
public enum HugePageUse
{
    /// <summary>Ordinary pages.</summary>
    None = 0,

    /// <summary>Huge pages where the system has enough of them free and the length is a whole number of them; else ordinary pages.</summary>
    Preferred,

    /// <summary>Huge pages; if that is not possible, creation fails.</summary>
    Required,
}
