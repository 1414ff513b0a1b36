/* Load each library that is named, as an interpreter loads an extension module. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!dlopen(argv[i], RTLD_LAZY)) {
            puts(dlerror());
            return 1;
        }
    return 0;
}
