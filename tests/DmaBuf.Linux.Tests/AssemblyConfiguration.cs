using Xunit.Sdk;
using Xunit.v3;

// Leak checks count objects of the whole process, so tests run one after the other.
[assembly: Parallelization(Mode = ParallelMode.None)]
