using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// These tests start processes, send signals and look at the sockets of the whole machine: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: SupportedOSPlatform("linux")]
