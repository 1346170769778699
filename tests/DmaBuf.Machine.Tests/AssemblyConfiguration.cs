using Xunit.Sdk;
using Xunit.v3;

// Memory figures are those of the whole process, so tests run one after the other.
[assembly: Parallelization(Mode = ParallelMode.None)]
