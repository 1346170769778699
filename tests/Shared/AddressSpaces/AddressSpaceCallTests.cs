namespace DmaBuf.SharedTests;

/// <summary>What the calls of iommufd answer to arguments that make no sense, and of two mistakes, which one speaks. The software machine's answers are held against the kernel's here.</summary>
public abstract class AddressSpaceCallTests : SharedTest<AddressSpaceSubject>
{
    private const ulong Page = DmaBuf.SharedTests.Subject.Page;
    private const ulong At = 0x0100_0000;
    private const int Both = AddressSpaceSubject.Both;
    private const int Fixed = AddressSpaceSubject.Both | AddressSpaceSubject.Fixed;
    private const ulong Largest = ulong.MaxValue;

    [Theory]
    [InlineData(Both | 8, Page, At, Errno.EOPNOTSUPP)]
    [InlineData(Both | 8, Largest, At, Errno.EOPNOTSUPP)]
    [InlineData(0, Largest, 0, Errno.EOVERFLOW)]
    [InlineData(0, Page, Largest, Errno.EOVERFLOW)]
    [InlineData(AddressSpaceSubject.Fixed, Page, At, Errno.EINVAL)]
    [InlineData(Both, 0, 0, Errno.EINVAL)]
    [InlineData(Fixed, 0, At, Errno.EINVAL)]
    [InlineData(Both, Page - 1, 0, Errno.EINVAL)]
    [InlineData(Fixed, Page, At + 1, Errno.EINVAL)]
    [InlineData(Fixed, Page, At + 0x800, Errno.EINVAL)]
    [InlineData(Fixed, 2 * Page, Largest - 4095, Errno.EOVERFLOW)]
    [InlineData(Fixed, Page, 0xFEE0_0000, Errno.EINVAL)]
    [InlineData(Fixed, 2 * Page, 0xFEDF_F000, Errno.EINVAL)]
    [InlineData(Fixed, AddressSpaceSubject.FileLength + Page, At, Errno.EINVAL)]
    [InlineData(Both, AddressSpaceSubject.FileLength + Page, 0, Errno.EINVAL)]
    [InlineData(Fixed, AddressSpaceSubject.FileLength, At, Errno.None)]
    [InlineData(Fixed, Page, 0, Errno.None)]
    [InlineData(AddressSpaceSubject.Readable, Page, At, Errno.None)]
    [InlineData(AddressSpaceSubject.Writeable, Page, Largest - 1, Errno.None)]
    public void A_mapping_of_a_file_from_its_start(int flags, ulong length, ulong iova, Errno expected) => Expect(expected, Map(flags, FileKind.Mappable, 0, length, iova));

    [Theory]
    [InlineData(1, Page, Errno.EINVAL)]
    [InlineData(0x800, Page, Errno.EINVAL)]
    [InlineData(Page, AddressSpaceSubject.FileLength, Errno.EINVAL)]
    [InlineData(AddressSpaceSubject.FileLength, Page, Errno.EINVAL)]
    [InlineData(Page, 3 * Page, Errno.None)]
    public void A_mapping_of_a_part_of_a_file(ulong start, ulong length, Errno expected) => Expect(expected, Map(Both, FileKind.Mappable, start, length, 0));

    [Theory]
    [InlineData(FileKind.None, Page, Errno.EBADF)]
    [InlineData(FileKind.Unsuitable, Page, Errno.EINVAL)]
    public void A_mapping_of_what_is_no_such_file(FileKind file, ulong length, Errno expected) => Expect(expected, Map(Both, file, 0, length, 0));

    [Fact]
    public void Of_an_empty_part_and_no_file_one_mistake_speaks() => Expect(Subject.EmptyPartOfNoFile, Map(Both, FileKind.None, 0, 0, 0));

    [Fact]
    public void An_address_space_that_does_not_exist_is_ENOENT_before_the_file_is_looked_at()
    {
        ulong iova = 0;
        ulong length = Page;
        Expect(Errno.ENOENT, Subject.MapFile(Both, 4711, FileKind.None, 0, Page, ref iova));
        Expect(Errno.ENOENT, Subject.Unmap(4711, At, ref length));
        Expect(Errno.ENOENT, Subject.Copy(Both, Subject.Space, 4711, At, Page, ref iova));
        Expect(Errno.ENOENT, Subject.Copy(Both, 4711, Subject.Space, At, Page, ref iova));
    }

    [Theory]
    [InlineData(At, Errno.EEXIST)]
    [InlineData(At - Page, Errno.EEXIST)]
    [InlineData(At + Page, Errno.EEXIST)]
    [InlineData(At + 1, Errno.EINVAL)]
    [InlineData(At - (2 * Page), Errno.None)]
    [InlineData(At + (2 * Page), Errno.None)]
    public void A_mapping_beside_another(ulong iova, Errno expected)
    {
        Expect(Errno.None, Map(Fixed, FileKind.Mappable, 0, 2 * Page, At));
        Expect(expected, Map(Fixed, FileKind.Mappable, 0, 2 * Page, iova));
    }

    [Fact]
    public void An_automatic_address_is_never_zero_keeps_the_alignment_of_its_length_and_goes_around_what_is_taken()
    {
        ulong first = 0, second = 0;
        Expect(Errno.None, Subject.MapFile(Both, Subject.Space, FileKind.Mappable, 0, 4 * Page, ref first));
        Expect(Errno.None, Subject.MapFile(Both, Subject.Space, FileKind.Mappable, 0, 4 * Page, ref second));
        Assert.NotEqual(0UL, first);
        Assert.Equal((0UL, 0UL), (first % (4 * Page), second % (4 * Page)));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void What_is_allowed_limits_automatic_addresses_alone()
    {
        ulong iova = 0;
        Expect(Errno.None, Subject.Allow(Subject.Space, (0x4000, 0x5FFF)));
        Expect(Errno.None, Subject.MapFile(Both, Subject.Space, FileKind.Mappable, 0, 2 * Page, ref iova));
        Assert.Equal(0x4000UL, iova);
        Expect(Errno.ENOSPC, Map(Both, FileKind.Mappable, 0, Page, 0));
        Expect(Errno.None, Map(Fixed, FileKind.Mappable, 0, Page, At));
        Expect(Errno.EINVAL, Subject.Allow(Subject.Space, (0x4000, 0x5FFF), (0x5000, 0x6FFF)));
        Expect(Errno.EADDRINUSE, Subject.Allow(Subject.Space, (0xFEE0_0000, 0xFEE0_0FFF)));
        Expect(Errno.EINVAL, Subject.Allow(Subject.Space, (0x5000, 0x4000)));
    }

    [Theory]
    [InlineData(At, 4 * Page, Errno.None, 4 * Page)]
    [InlineData(At - Page, 6 * Page, Errno.None, 4 * Page)]
    [InlineData(0, Largest, Errno.None, 4 * Page)]
    [InlineData(At, 2 * Page, Errno.None, 2 * Page)]
    [InlineData(At, Page, Errno.ENOENT, 0)]
    [InlineData(At + Page, Page, Errno.ENOENT, 0)]
    [InlineData(At + Page, 2 * Page, Errno.ENOENT, 0)]
    [InlineData(At - Page, 2 * Page, Errno.ENOENT, 0)]
    [InlineData(At + 1, 2 * Page, Errno.ENOENT, 0)]
    [InlineData(At + (8 * Page), Page, Errno.ENOENT, 0)]
    [InlineData(At, 0, Errno.EINVAL, 0)]
    [InlineData(At, Largest, Errno.EOVERFLOW, 0)]
    [InlineData(1, Largest, Errno.EOVERFLOW, 0)]
    [InlineData(Largest, 1, Errno.EOVERFLOW, 0)]
    [InlineData(Largest - 1, 4, Errno.EOVERFLOW, 0)]
    public void An_unmap_beside_and_across_two_areas_of_two_pages(ulong iova, ulong length, Errno expected, ulong removed)
    {
        Expect(Errno.None, Map(Fixed, FileKind.Mappable, 0, 2 * Page, At));
        Expect(Errno.None, Map(Fixed, FileKind.Mappable, 0, 2 * Page, At + (2 * Page)));
        ulong unmapped = length;
        Expect(expected, Subject.Unmap(Subject.Space, iova, ref unmapped));
        if (expected == Errno.None)
        {
            Assert.Equal(removed, unmapped);
        }

        // What was not removed is still there.
        Assert.Equal(removed == 0 || iova == At && removed == 2 * Page ? Errno.EEXIST : Errno.None, Map(Fixed, FileKind.Mappable, 0, Page, At + (3 * Page)));
    }

    [Fact]
    public void Everything_can_be_unmapped_where_nothing_is()
    {
        ulong length = Largest;
        Expect(Errno.None, Subject.Unmap(Subject.Space, 0, ref length));
        Assert.Equal(0UL, length);
    }

    [Theory]
    [InlineData(Both, At, 2 * Page, 0, Errno.None)]
    [InlineData(Both, At, Page, 0, Errno.None)]
    [InlineData(Both, At + Page, Page, 0, Errno.None)]
    [InlineData(AddressSpaceSubject.Readable, At, 2 * Page, 0, Errno.None)]
    [InlineData(Fixed, At, 2 * Page, At, Errno.None)]
    [InlineData(Both, At, 4 * Page, 0, Errno.EPERM)]
    [InlineData(AddressSpaceSubject.Readable, At, 4 * Page, 0, Errno.None)]
    [InlineData(AddressSpaceSubject.Readable, At, 5 * Page, 0, Errno.ENOENT)]
    [InlineData(Both, At - Page, 2 * Page, 0, Errno.ENOENT)]
    [InlineData(Both, At, 0, 0, Errno.EINVAL)]
    [InlineData(Both, At, Largest, 0, Errno.EOVERFLOW)]
    [InlineData(Both, Largest - 1, 4, 0, Errno.EOVERFLOW)]
    [InlineData(Both, At, 2 * Page, Largest, Errno.EOVERFLOW)]
    [InlineData(0, At, 2 * Page, 0, Errno.EINVAL)]
    [InlineData(Both | 8, At, 2 * Page, 0, Errno.EOPNOTSUPP)]
    public void A_copy_of_an_area_that_devices_write_and_of_one_behind_it_that_they_only_read(int flags, ulong sourceIova, ulong length, ulong iova, Errno expected)
    {
        Expect(Errno.None, Map(Fixed, FileKind.Mappable, 0, 2 * Page, At));
        Expect(Errno.None, Map(AddressSpaceSubject.Readable | AddressSpaceSubject.Fixed, FileKind.Mappable, 0, 2 * Page, At + (2 * Page)));
        Expect(expected, Subject.Copy(flags, Subject.Other, Subject.Space, sourceIova, length, ref iova));
    }

    [Fact]
    public void A_copy_onto_itself_is_EEXIST_elsewhere_in_the_same_space_it_works_and_outlives_its_source()
    {
        Expect(Errno.None, Map(Fixed, FileKind.Mappable, 0, 2 * Page, At));
        ulong iova = At + Page;
        Expect(Errno.EEXIST, Subject.Copy(Fixed, Subject.Space, Subject.Space, At, 2 * Page, ref iova));
        iova = At + (4 * Page);
        Expect(Errno.None, Subject.Copy(Fixed, Subject.Space, Subject.Space, At, 2 * Page, ref iova));
        ulong length = 2 * Page;
        Expect(Errno.None, Subject.Unmap(Subject.Space, At, ref length));
        length = 2 * Page;
        Expect(Errno.None, Subject.Unmap(Subject.Space, At + (4 * Page), ref length));
    }

    [Fact]
    public void Without_a_device_a_space_of_small_pages_still_wants_whole_pages_and_another_any_byte()
    {
        ulong iova = At + 0x800;
        Expect(Errno.None, Subject.MapFile(Fixed, Subject.Other, FileKind.Mappable, 0x800, 0x100, ref iova));
        int small = Subject.MakeSpaceOfSmallPages();
        Expect(Errno.EINVAL, Subject.MapFile(Fixed, small, FileKind.Mappable, 0x800, 0x100, ref iova));
        iova = At;
        Expect(Errno.None, Subject.MapFile(Fixed, small, FileKind.Mappable, 0, Page, ref iova));
    }

    private Errno Map(int flags, FileKind file, ulong start, ulong length, ulong iova) => Subject.MapFile(flags, Subject.Space, file, start, length, ref iova);

    private static void Expect(Errno expected, Errno answered) => Assert.Equal(expected, answered);
}
