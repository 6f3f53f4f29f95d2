; CasareRobot-setup.exe: for one user, without an administrator. build_windows.py gives
; VERSION, FILES (what to unpack, as commands), ICON, SIDE, LICENSE, OUT and perhaps SIGN
; and QUICK.
Unicode true
ManifestDPIAware true
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 128
!endif
RequestExecutionLevel user
Name "Casare Robot"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\CasareRobot"
BrandingText "Casare Robot ${VERSION}"
!ifdef SIGN
  !uninstfinalize '${SIGN}'
!endif

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include Sections.nsh

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\CasareRobot"
!define PYTHON '"$INSTDIR\app\python.exe" -X utf8 "$INSTDIR\app\set_up.py"'
!define BUSY 10
!define HAS_LEFT 11
!define NOTHING_BEFORE 4
!define STILL_BUSY 5 ; the exit code where jobs run

InstallDirRegKey HKCU "${KEY}" "InstallLocation"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Casare Robot"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Casare Robot set-up"
VIAddVersionKey "LegalCopyright" "MIT licence"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_WELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_UNWELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_WELCOMEPAGE_TITLE "Casare Robot ${VERSION}"
!define MUI_WELCOMEPAGE_TEXT "The desktop robot that runs CasareRPA workflows and never loses a job.$\r$\n$\r$\nIt is installed for you alone, without an administrator. A robot that is here already keeps its jobs, settings and secrets, finishes what it is doing, and is back in a moment."
!define MUI_FINISHPAGE_RUN "$INSTDIR\app\bin\CasareRobot.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start Casare Robot"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Var Patience  ; seconds to wait for jobs
Var Left      ; what was running and has left, in the words of set_up.py
Var Autostart ; on, off or keep
Var KeepData
Var Back      ; 1: no removal, the version before this one comes back

; Nothing is touched while a job runs: the robot finishes it, or this ends.
!macro Leave un
Function ${un}Leave
  StrCpy $Left ""
  IfFileExists "$INSTDIR\app\set_up.py" 0 gone
  again:
    DetailPrint "Waiting for the robot to leave"
    nsExec::ExecToStack '${PYTHON} leave --patience $Patience'
    Pop $0
    Pop $1
    ${If} $0 == ${HAS_LEFT}
      StrCpy $Left $1
    ${ElseIf} $0 == ${BUSY}
      DetailPrint "$1"
      IfSilent busy
      StrCpy $Patience 3600
      MessageBox MB_OKCANCEL|MB_ICONEXCLAMATION "$1$\r$\nOK lets it finish its jobs, begin no others, and then goes on. Cancel changes nothing." IDOK again
      busy:
      SetErrorLevel ${STILL_BUSY}
      Quit
    ${ElseIf} $0 == 1
      DetailPrint "$1"
      MessageBox MB_RETRYCANCEL|MB_ICONSTOP "$1" /SD IDCANCEL IDRETRY again
      SetErrorLevel ${STILL_BUSY}
      Quit
    ${EndIf}
  gone:
FunctionEnd
!macroend
!insertmacro Leave ""
!insertmacro Leave "un."

; What ran before runs after.
!macro Again un
Function ${un}Again
  ${If} $Left != ""
    nsExec::Exec '${PYTHON} again --bin "$INSTDIR\app\bin" --left $Left'
    Pop $0
  ${EndIf}
FunctionEnd
!macroend
!insertmacro Again ""
!insertmacro Again "un."

; A virus scanner may hold a file for a moment. $0 is empty once it is done.
!macro Move un
Function ${un}Move
  Pop $2
  Pop $1
  StrCpy $0 0
  moving:
    ClearErrors
    Rename "$1" "$2"
    ${IfNot} ${Errors}
      StrCpy $0 ""
      Return
    ${EndIf}
    IntOp $0 $0 + 1
    ${If} $0 < 40
      Sleep 250
      Goto moving
    ${EndIf}
    StrCpy $0 0
    MessageBox MB_RETRYCANCEL|MB_ICONSTOP "Programs of the installed robot are still in use: $1. Nothing was changed." /SD IDCANCEL IDRETRY moving
    SetErrorLevel ${STILL_BUSY}
FunctionEnd
!macroend
!insertmacro Move ""
!insertmacro Move "un."

!macro MoveTo un from to
  Push "${from}"
  Push "${to}"
  Call ${un}Move
!macroend

; The version before this one stays beside it, for the way back.
Section "Casare Robot" Robot
  SectionIn RO
  Call Leave
  ${If} ${FileExists} "$INSTDIR\app\*.*"
    RMDir /r "$INSTDIR\previous"
    !insertmacro MoveTo "" "$INSTDIR\app" "$INSTDIR\previous"
    ${If} $0 != ""
      Call Again
      Quit
    ${EndIf}
  ${EndIf}
  ClearErrors
  !include "${FILES}"
  ${If} ${Errors}
    RMDir /r "$INSTDIR\app"
    Rename "$INSTDIR\previous" "$INSTDIR\app"
    Call Again
    MessageBox MB_ICONSTOP "Not everything could be written to $INSTDIR. What was installed before is back." /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  Delete "$INSTDIR\setup.log"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortCut "$SMPROGRAMS\Casare Robot.lnk" "$INSTDIR\app\bin\CasareRobot.exe" "" "" "" "" "" "Runs CasareRPA workflows"
  WriteRegStr HKCU "${KEY}" "DisplayName" "Casare Robot"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\app\bin\CasareRobot.exe"
  WriteRegStr HKCU "${KEY}" "Publisher" "casare_robot"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
  SectionGetSize ${Robot} $1
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" $1
SectionEnd

Section "Start at login" Login
SectionEnd

Section "-Make known"
  ${IfNot} ${Silent}
    ${If} ${SectionIsSelected} ${Login}
      StrCpy $Autostart "on"
    ${Else}
      StrCpy $Autostart "off"
    ${EndIf}
  ${EndIf}
  ${GetParameters} $1
  nsExec::ExecToStack '${PYTHON} begin --bin "$INSTDIR\app\bin" --autostart $Autostart --options $1'
  Pop $0
  Pop $1
  DetailPrint "$1"
  ${If} $0 != 0
    FileOpen $0 "$INSTDIR\setup.log" w
    FileWriteUTF16LE /BOM $0 "$1"
    FileClose $0
    MessageBox MB_ICONEXCLAMATION "Casare Robot is installed, but: $1" /SD IDOK
    SetErrorLevel 3
  ${EndIf}
  Call Again
SectionEnd

LangString AboutRobot ${LANG_ENGLISH} "The robot, its tray and the command casare-robot."
LangString AboutLogin ${LANG_ENGLISH} "Shows the robot in the tray whenever you log in."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${Robot} $(AboutRobot)
  !insertmacro MUI_DESCRIPTION_TEXT ${Login} $(AboutLogin)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function .onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PATIENCE=" $Patience
  ${If} ${Errors}
    StrCpy $Patience 0
    ${If} ${Silent}
      StrCpy $Patience 600
    ${EndIf}
  ${EndIf}
  StrCpy $Autostart "on"
  ${If} ${FileExists} "$INSTDIR\app\set_up.py"
    StrCpy $Autostart "keep"
    ReadRegStr $1 HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "CasareRobot"
    ${If} $1 == ""
      !insertmacro UnselectSection ${Login}
    ${EndIf}
  ${EndIf}
  ClearErrors
  ${GetOptions} $0 "/AUTOSTART=" $1
  ${IfNot} ${Errors}
    ${If} $1 == "0"
      StrCpy $Autostart "off"
      !insertmacro UnselectSection ${Login}
    ${Else}
      StrCpy $Autostart "on"
      !insertmacro SelectSection ${Login}
    ${EndIf}
  ${EndIf}
FunctionEnd

Function un.onInit
  StrCpy $Patience 0
  StrCpy $KeepData ""
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/KEEPDATA=" $1
  ${IfNot} ${Errors}
  ${AndIf} $1 == "1"
    StrCpy $KeepData "--keep-data"
  ${EndIf}
  IfSilent 0 +2
    StrCpy $Patience 600
  ClearErrors
  ${GetOptions} $0 "/PATIENCE=" $1
  ${IfNot} ${Errors}
    StrCpy $Patience $1
  ${EndIf}
  StrCpy $Back 0
  ClearErrors
  ${GetOptions} $0 "/BACK=" $1
  ${IfNot} ${Errors}
    StrCpy $Back $1
  ${EndIf}
FunctionEnd

; app and previous change places; once more, and they are as they were.
Function un.GoBack
  ${IfNot} ${FileExists} "$INSTDIR\previous\set_up.py"
    SetErrorLevel ${NOTHING_BEFORE}
    Quit
  ${EndIf}
  Call un.Leave
  RMDir /r "$INSTDIR\leaving"
  !insertmacro MoveTo "un." "$INSTDIR\app" "$INSTDIR\leaving"
  ${If} $0 != ""
    Call un.Again
    Quit
  ${EndIf}
  !insertmacro MoveTo "un." "$INSTDIR\previous" "$INSTDIR\app"
  ${If} $0 != ""
    Rename "$INSTDIR\leaving" "$INSTDIR\app"
    Call un.Again
    Quit
  ${EndIf}
  !insertmacro MoveTo "un." "$INSTDIR\leaving" "$INSTDIR\previous"
  FileOpen $1 "$INSTDIR\app\VERSION" r
  FileRead $1 $2
  FileClose $1
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "$2"
  Call un.Again
  SetErrorLevel 0
  Quit
FunctionEnd

Section "Uninstall"
  ${If} $Back == 1
    Call un.GoBack
  ${EndIf}
  Call un.Leave
  MessageBox MB_YESNO|MB_ICONQUESTION "Keep jobs, settings and secrets for a later installation?" /SD IDNO IDNO asked
    StrCpy $KeepData "--keep-data"
  asked:
  nsExec::ExecToStack '${PYTHON} end --bin "$INSTDIR\app\bin" $KeepData'
  Pop $0
  Pop $1
  DetailPrint "$1"
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR\app"
  RMDir /r "$INSTDIR\previous"
  RMDir /r "$INSTDIR\leaving"
  Delete "$INSTDIR\setup.log"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Casare Robot.lnk"
  DeleteRegKey HKCU "${KEY}"
SectionEnd
