System.Console.WriteLine("dmabuf");
