try{var t=localStorage.getItem("momentwise-theme");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){}
document.documentElement.classList.add("js");
