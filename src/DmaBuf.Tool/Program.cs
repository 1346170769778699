return await DmaBuf.Tool.CommandRunner.RunAsync(args).ConfigureAwait(false);
