/* python.exe of the stand-in: the official python311.dll's own command line. */
#include <stdio.h>
#include <windows.h>

int wmain(int argc, wchar_t **argv) {
    HMODULE dll = LoadLibraryW(L"python311.dll");
    if (!dll) {
        fprintf(stderr, "python311.dll cannot be loaded: %lu\n", GetLastError());
        return 111;
    }
    return ((int (*)(int, wchar_t **))(void *)GetProcAddress(dll, "Py_Main"))(argc, argv);
}
