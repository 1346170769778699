using Xunit.Sdk;
using Xunit.v3;

// Tests here start the C twin, whose compiler deserves the machine for itself.
[assembly: Parallelization(Mode = ParallelMode.None)]
