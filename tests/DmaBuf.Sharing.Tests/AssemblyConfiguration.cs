using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Descriptors and mappings are counted for the whole process after each test, so tests run one after the other.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: SupportedOSPlatform("linux")]
