global using DmaBuf.Linux;
