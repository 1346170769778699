namespace DmaBuf.Machine.Tests;

/// <summary>The rules of section 4.9, sentence by sentence, slow and with sets of names. Shares nothing with the machine.</summary>
internal static class PeerToPeerReference
{
    public static (PeerToPeerMapType Type, int Distance) Find(RandomPciTree tree, int provider, int client)
    {
        (string providerName, string[] aboveProvider, int providerHost, char providerRow) = tree.Endpoints[provider];
        (string clientName, string[] aboveClient, int clientHost, char clientRow) = tree.Endpoints[client];

        // Rule 2.
        if (provider == client)
        {
            return (PeerToPeerMapType.BusAddress, 0);
        }

        HashSet<string> common = [.. aboveProvider];
        common.IntersectWith(aboveClient);
        List<string> met = [providerName, clientName];
        int distance;
        if (common.Count != 0)
        {
            // The nearest common bridge is the one above which all the other common ones lie.
            string nearest = common.MinBy(bridge => Array.IndexOf(aboveProvider, bridge))!;
            met.AddRange(aboveProvider.Where(bridge => !common.Contains(bridge)));
            met.AddRange(aboveClient.Where(bridge => !common.Contains(bridge)));
            distance = met.Count;
            met.Add(nearest);

            // Rule 3.
            if (!met.Exists(name => tree.BitsOf[name].HasFlag(PciAccessControl.RequestRedirect)
                || tree.BitsOf[name].HasFlag(PciAccessControl.CompletionRedirect)
                || tree.BitsOf[name].HasFlag(PciAccessControl.EgressControl)))
            {
                return (PeerToPeerMapType.BusAddress, distance);
            }
        }
        else
        {
            // Rule 4.
            distance = 2 + aboveProvider.Length + aboveClient.Length;
        }

        // Rules 5 and 6.
        bool permitted = tree.ProcessorForwards
            || (providerHost == clientHost ? providerRow is 'y' or 's' : providerRow == 'y' && clientRow == 'y');
        return permitted ? (PeerToPeerMapType.ThroughHostBridge, distance) : (PeerToPeerMapType.NotSupported, -1);
    }
}
