"""Windows' half of `process_tree`: a Job object that ends with its last handle."""

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    CREATE_SUSPENDED = 0x4
    _PROCESS_RIGHTS = 0x0001 | 0x0100 | 0x0800  # TERMINATE, SET_QUOTA, SUSPEND_RESUME
    _EXTENDED_LIMITS = 9
    _KILL_ON_CLOSE = 0x2000

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
    _kernel.OpenProcess.restype = wintypes.HANDLE
    _kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
    _kernel.SetInformationJobObject.argtypes = (
        wintypes.HANDLE,
        ctypes.c_int,
        wintypes.LPVOID,
        wintypes.DWORD,
    )
    _kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
    _kernel.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
    _kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    _resume = ctypes.WinDLL("ntdll").NtResumeProcess
    _resume.argtypes = (wintypes.HANDLE,)

    class JobTree:
        """A suspended process put into a Job object of its own, then set going.

        Nothing it starts can be outside the job, because it has not run yet. When
        this process dies, its handle closes and the system ends the job.

        Raises:
            OSError: The job cannot be made; the process is still suspended.
        """

        def __init__(self, pid: int) -> None:
            self._job: int | None = _checked(_kernel.CreateJobObjectW(None, None))
            self._limit(_KILL_ON_CLOSE)
            process = _checked(_kernel.OpenProcess(_PROCESS_RIGHTS, False, pid))
            try:
                _checked(_kernel.AssignProcessToJobObject(self._job, process))
                _resume(process)
            finally:
                _kernel.CloseHandle(process)

        def end(self) -> None:
            """Kill the job."""
            if self._job is not None:
                _kernel.TerminateJobObject(self._job, 1)
                self._close()

        def release(self) -> None:
            """Close the job without ending what still runs in it."""
            if self._job is not None:
                self._limit(0)
                self._close()

        def _limit(self, flags: int) -> None:
            limits = _ExtendedLimits()
            limits.BasicLimitInformation.LimitFlags = flags
            _checked(
                _kernel.SetInformationJobObject(
                    self._job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
                )
            )

        def _close(self) -> None:
            _kernel.CloseHandle(self._job)
            self._job = None

    def _checked(result: int) -> int:
        if not result:
            raise ctypes.WinError(ctypes.get_last_error())
        return result
