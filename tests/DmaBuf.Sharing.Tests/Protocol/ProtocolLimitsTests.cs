namespace DmaBuf.Sharing.Tests;

/// <summary>The bounds fit what carries the messages.</summary>
public sealed class ProtocolLimitsTests : LeakCheckedTest
{
    [Fact]
    public void A_message_fits_one_datagram_of_the_socket()
        => Assert.Equal(DescriptorSocket.MaximumMessageBytes, ProtocolLimits.MaximumMessageBytes);
}
