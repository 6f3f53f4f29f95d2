/* casare-robot.exe (console) and CasareRobot.exe (windows): Python of the folder above, in this
   process, running start.py there with the arguments of the command line. */
#include <stdlib.h>
#include <windows.h>

typedef int (*py_main)(int, wchar_t **);

static int fail(const wchar_t *text) {
#ifdef HAS_WINDOW
    MessageBoxW(NULL, text, L"Casare Robot", MB_ICONERROR);
#else
    DWORD written;
    HANDLE errors = GetStdHandle(STD_ERROR_HANDLE);
    if (!WriteConsoleW(errors, text, lstrlenW(text), &written, NULL))
        WriteFile(errors, "E-START-1 the installation is damaged\n", 38, &written, NULL);
#endif
    return 1;
}

static int start(int argc, wchar_t **argv) {
    static wchar_t app[32768], dll[32800], script[32800];
    DWORD length = GetModuleFileNameW(NULL, app, 32768);
    for (int up = 0; up < 2 && length; up++) {
        while (length && app[length - 1] != L'\\') length--;
        if (length) app[--length] = 0;
    }
    lstrcpyW(dll, app), lstrcatW(dll, L"\\python311.dll");
    lstrcpyW(script, app), lstrcatW(script, L"\\start.py");
    AddDllDirectory(app);
    HMODULE python = LoadLibraryExW(dll, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    py_main run = python ? (py_main)(void *)GetProcAddress(python, "Py_Main") : NULL;
    wchar_t **words = run ? calloc(argc + 4, sizeof *words) : NULL;
    if (!words) return fail(L"E-START-1 the installation is damaged; install Casare Robot again\n");
    int count = 0;
    words[count++] = argv[0];
    words[count++] = L"-X";
    words[count++] = L"utf8";
    words[count++] = script;
    for (int i = 1; i < argc; i++) words[count++] = argv[i];
    return run(count, words);
}

#ifdef HAS_WINDOW
int WINAPI wWinMain(HINSTANCE here, HINSTANCE before, PWSTR line, int show) {
    int argc;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    return start(argc, argv);
}
#else
int wmain(int argc, wchar_t **argv) { return start(argc, argv); }
#endif
